UNFOLD: dict = {}
