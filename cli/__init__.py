"""The command line: what a person types, and what they read.

It reads words and files, hands them to the rooms below and tells what came of it: data on standard output, one clear
sentence for each thing wrong on standard error, and an exit code. It refuses to decide anything about a lead, and to
keep anything. Modules of `cli.commands` load what is heavy only when a command needs it, so that help is quick.
"""
