package dev.interlock.inventory;

import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.inventory.Topology.Project;
import dev.interlock.inventory.Topology.VolumeMount;
import dev.interlock.testing.TestingClock;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RailwayReaderTest {

    private static final String END = "\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}";

    private static RailwayReader reader(String answer) {
        TestingClock clock = new TestingClock();
        return new RailwayReader(
                TestingSeal.bound(URI.create("https://railway.example"))
                        .seal()
                        .upstreams()
                        .get("railway"),
                new SurveyQueries(
                        (_, _) -> Bytes.utf8(answer),
                        new QueryBudget(clock.utc(), QueryBudget.PER_UPSTREAM),
                        Optional.empty(),
                        "railway",
                        "L-1",
                        clock.utc(),
                        SurveyQueries.MAX_TIME,
                        () -> {}));
    }

    private static String project(String id, String environment, String mounts) {
        return "{\"data\":{\"project\":{\"id\":\"" + id + "\",\"name\":\"shop\",\"workspaceId\":\"w\","
                + "\"environments\":{\"edges\":[{\"node\":" + environment + "}]," + END + "},"
                + "\"services\":{\"edges\":[]," + END + "},"
                + "\"volumes\":{\"edges\":[{\"node\":{\"id\":\"v\",\"name\":\"pgdata\",\"volumeInstances\":{\"edges\":["
                + mounts + "],"
                + END + "}}}]," + END + "}}}}";
    }

    private static String mount(String id, String environment, String deletedAt) {
        return "{\"node\":{\"id\":\"" + id + "\",\"environmentId\":\"" + environment
                + "\",\"serviceId\":null,\"deletedAt\":" + deletedAt + "}}";
    }

    @Test
    void aDeletedMountIsIgnored() throws UnresolvedException {
        Project project = reader(project(
                        "p",
                        "{\"id\":\"e\",\"name\":\"staging\",\"canAccess\":true}",
                        mount("m1", "e", "null") + "," + mount("m2", "f", "\"2026-01-01T00:00:00Z\"")))
                .project("p");

        assertThat(project.volumes().get("v")).extracting(VolumeMount::id).containsExactly("m1");
    }

    @Test
    void anEnvironmentThatCannotBeLookedIntoMayHoldAnything() throws UnresolvedException {
        Project project = reader(project(
                        "p", "{\"id\":\"closed\",\"name\":\"secret\",\"canAccess\":false}", mount("m1", "e", "null")))
                .project("p");
        Topology topology = Topology.EMPTY.with(Map.of("p", project));

        assertThat(topology.findPlace(resource("volume", "v")).orElseThrow().environments())
                .containsExactly("closed", "e");
        assertThat(topology.findPlace(resource("volume-instance", "m1"))
                        .orElseThrow()
                        .environments())
                .containsExactly("closed", "e");
    }

    @Test
    void anAnswerAboutAnotherProjectIsRefused() {
        assertThatThrownBy(() -> reader(project(
                                "q",
                                "{\"id\":\"e\",\"name\":\"staging\",\"canAccess\":true}",
                                mount("m1", "e", "null")))
                        .project("p"))
                .isInstanceOf(UnresolvedException.class)
                .hasMessageContaining("another resource");
    }

    @Test
    void anAnswerThatLeavesOutWhetherTheGatewayMayLookIsRefused() {
        assertThatThrownBy(() -> reader(project("p", "{\"id\":\"e\",\"name\":\"staging\"}", mount("m1", "e", "null")))
                        .project("p"))
                .isInstanceOf(UnresolvedException.class);
    }

    @Test
    void fewerAnswersThanQuestionsAreRefused() {
        String one = "{\"data\":{\"b0\":[],\"s0\":[]}}";

        assertThatThrownBy(() -> reader(one).mounted(List.of("m0", "m1"))).isInstanceOf(UnresolvedException.class);
    }
}
