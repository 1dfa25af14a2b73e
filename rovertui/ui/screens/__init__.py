"""The screens: each composes line views and passes keys up as messages."""
