"""The scripted model: a stand-in of a model provider that plays scripts."""
