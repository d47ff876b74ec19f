"""Second thoughts: withdrawal, revocation and correction, and what follows from them."""
