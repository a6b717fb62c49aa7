"""What every room below the roof asks for: who owns, what is called how, how much there may be."""
