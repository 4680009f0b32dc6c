"""What may be changed of an order that is placed, and what is it worth then?"""
