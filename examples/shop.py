"""Apples at the till: backpropagation through two multiplications.

Two apples at 100 each with 10 % tax cost 220. How does that sum react to the price of an apple, to their number, and to
the tax? The example and its numbers are from Saito, "Deep Learning from Scratch", chapter 5.
"""

import math

import symdiff as sd

SHOP = """
fruit = price * number
fruit * tax
"""


def main():
    bill = sd.value_and_grad(SHOP, wrt=("price", "number", "tax"))
    print(bill.source)

    total, (d_price, d_number, d_tax) = bill(price=100.0, number=2.0, tax=1.1)
    print(f"total             {total:6.1f}")
    print(f"d total/d price   {d_price:6.1f}")
    print(f"d total/d number  {d_number:6.1f}")
    print(f"d total/d tax     {d_tax:6.1f}")

    assert math.isclose(total, 220)
    assert math.isclose(d_price, 2.2)
    assert math.isclose(d_number, 110)
    assert math.isclose(d_tax, 200)


if __name__ == "__main__":
    main()
