"""The page in a real browser, and the pictures of it in the README.

python -m pytest tests/browser
python -m tests.browser.screenshots
"""
