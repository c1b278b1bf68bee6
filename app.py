"""Entry for `streamlit run app.py`; the pages live in textinsight/explore/pages."""

from textinsight.explore.main import main

main()
