"""Does a test notice a fault anywhere in the program? ``python -m tests.campaign.mutation`` plants small ones and asks."""
