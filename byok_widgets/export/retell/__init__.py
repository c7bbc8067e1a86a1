"""Conversation flows of Retell: written, checked and read.

Sources, compared on 2026-11-28: retell-sdk 6.2.13, the types of `conversation_flow.create`.
"""
