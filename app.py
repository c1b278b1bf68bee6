"""Entry for `streamlit run app.py`; the pages live in textinsight/explore/pages."""

from textinsight.explore.main import main

if __name__ == "__main__":  # a worker process that is started from the app reads this file again, under another name
    main()
