"""Who hears of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from cdk_model_hosting.endpoints.notifications import BoundNotifications


class TransformTopics:
    """The topics that hear of runs."""

    told: BoundNotifications

    @property
    def success_topic(self) -> sns.ITopic:
        """Topic that hears of runs that succeed.

        Raises:
            ConfigurationError: When nobody hears of them.
        """
        return self._topic("success", self.told.success)

    @property
    def error_topic(self) -> sns.ITopic:
        """Topic that hears of runs that fail.

        Raises:
            ConfigurationError: When nobody hears of them.
        """
        return self._topic("error", self.told.error)

    def _topic(self, what: str, topic: sns.ITopic | None) -> sns.ITopic:
        if topic is None:
            raise ConfigurationError(
                f"{type(self).__name__} {what}_topic must belong to one that tells a topic, got notifications without: nobody "
                "hears of it"
            )
        return topic
