"""Public data sets as streams of readings and late labels, and what models make of them (extra `backtest`).

None of the files is shipped. Each set is read as its publisher ships it; sources and licences are in the card.
"""
