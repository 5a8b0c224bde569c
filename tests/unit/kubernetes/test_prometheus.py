from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from tests.unit.kubernetes import made


def test_it_is_asked_where_its_chart_puts_it() -> None:
    cluster = made.cluster()
    prometheus = Prometheus(cluster, "Prometheus", cluster=cluster)

    server = made.charts(cluster)["prometheus"]["Values"]["server"]
    assert prometheus.address == f"http://{server['fullnameOverride']}.prometheus.svc"


def test_it_is_asked_in_the_namespace_of_another_chart() -> None:
    cluster = made.cluster()
    chart = Chart(name="prometheus", repository="https://charts.example.com", version="1.0.0", namespace="metrics")

    assert (
        Prometheus(cluster, "Prometheus", cluster=cluster, chart=chart).address
        == "http://prometheus-server.metrics.svc"
    )


def test_pods_that_ask_for_it_are_read_once() -> None:
    cluster = made.cluster()
    Prometheus(cluster, "Prometheus", cluster=cluster)

    jobs = made.charts(cluster)["prometheus"]["Values"]["scrapeConfigs"]
    assert all(each == {"enabled": False} for each in jobs.values())
    # These two stay as the chart has them.
    assert "kubernetes-pods" not in jobs
    assert "prometheus" not in jobs


def test_the_oldest_goes_before_the_disk_is_full() -> None:
    cluster = made.cluster()
    Prometheus(cluster, "Prometheus", cluster=cluster)

    server = made.charts(cluster)["prometheus"]["Values"]["server"]
    kept, room = server["retentionSize"], server["emptyDir"]["sizeLimit"]
    assert (kept[-2:], room[-2:]) == ("GB", "Gi")
    assert int(kept[:-2]) < int(room[:-2])
