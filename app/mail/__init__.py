"""E-mail to the designated safeguarding lead: that something happened or waits, and never about
whom.
"""
