"""The app: pages over the archive's tables. Only `charts`, `panel`, `layout` and `queries` are free of Streamlit."""
