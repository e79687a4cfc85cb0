"""An invented school's past months, for whoever tries the service out. Every name, number and
address in it is made up.
"""
