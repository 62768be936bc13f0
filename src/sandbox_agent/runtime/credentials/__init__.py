"""The credentials on this machine, found where the agents keep them. Nothing here is ever sent anywhere."""

from sandbox_agent.runtime.credentials.credential import Credential, redacted
from sandbox_agent.runtime.credentials.discovery import Credentials, discover, providers_with_credentials
from sandbox_agent.runtime.credentials.injection import injected
from sandbox_agent.runtime.credentials.variables import variables

__all__ = ["Credential", "Credentials", "discover", "injected", "providers_with_credentials", "redacted", "variables"]
