"""Models on Kubernetes: EKS clusters, GPU node groups, their add-ons, inference servers and jobs."""
