"""How the attributes of public objects behave when a name is wrong.

strict        a misspelled name is rejected when it is set, with the nearest known name
guesses       a name that people often guess is answered with the right call
delegation    a property of a component, offered by the object that owns it
"""
