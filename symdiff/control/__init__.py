"""Operations that loop and choose: their steps are graphs, and so are the derivatives of these."""
