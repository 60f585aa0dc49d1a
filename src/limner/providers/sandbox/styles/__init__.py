"""Filters that make any picture look drawn, painted, printed or cut."""
