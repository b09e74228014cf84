package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BlastRadiusGraphTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final String VOLUME = "railway:volume/vol_1";

    private static Json.Members backup(String id) {
        return Json.object().with("id", id).with("of", VOLUME).with("taken_at", "2026-11-19T08:00:00Z");
    }

    private static BlastRadiusGraph graph() {
        List<Json> lost = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lost.add(backup("lost-" + i));
        }
        Json.Members proven = backup("bookings/20261119").with("restored_at", "2026-11-21T10:30:00Z");
        Json.Members resource = Json.object().with("id", VOLUME).withTexts("environments", List.of("production"));
        Json.Members action = Json.object()
                .withTexts("impacts", List.of("destroy"))
                .with("resources", new Json.Array(List.of(resource)));
        Json.Members radius = Json.object()
                .withTexts("environments", List.of("production"))
                .withTexts("lost", List.of(VOLUME))
                .with("lost_backups", new Json.Array(lost))
                .with("survivors", new Json.Array(List.of(proven, backup("never"))));
        Json.Members meaning =
                Json.object().with("actions", new Json.Array(List.of(action))).with("radius", radius);
        return BlastRadiusGraph.of(meaning, List.of(), NOW);
    }

    /** A drawing cuts off text that does not fit, and the signer would not see it. */
    @Test
    void aBackupsNoteFitsItsBox() {
        BlastRadiusGraph.Node kept = graph().wide().nodes().stream()
                .filter(node -> node.name().equals("bookings/20261119"))
                .findFirst()
                .orElseThrow();
        assertThat(kept.note()).isEqualTo("2 days old");
        assertThat(kept.more()).isEqualTo("restored 1 hour ago");
        assertThat(kept.title()).isEqualTo("backup bookings/20261119, 2 days old, restored 1 hour ago");
        for (BlastRadiusGraph.Drawing drawing : List.of(graph().wide(), graph().narrow())) {
            for (BlastRadiusGraph.Node node : drawing.nodes()) {
                // Letters of 12 pixels' height are about 6 wide; 16 are left free before them.
                int letters = (node.width() - 16) / 6;
                assertThat(node.kind() + " · " + node.note()).hasSizeLessThanOrEqualTo(letters);
                assertThat(node.more()).hasSizeLessThanOrEqualTo(letters);
            }
        }
    }

    @Test
    void boxesDoNotOverlapAndStayInside() {
        for (BlastRadiusGraph.Drawing drawing : List.of(graph().wide(), graph().narrow())) {
            List<BlastRadiusGraph.Node> nodes = drawing.nodes();
            for (BlastRadiusGraph.Node one : nodes) {
                assertThat(one.y() + one.height()).isLessThanOrEqualTo(drawing.height());
                assertThat(one.right()).isLessThanOrEqualTo(drawing.width());
                for (BlastRadiusGraph.Node other : nodes) {
                    boolean beside = one.right() <= other.x() || other.right() <= one.x();
                    boolean above = one.y() + one.height() <= other.y() || other.y() + other.height() <= one.y();
                    assertThat(one.equals(other) || beside || above)
                            .as("%s and %s", one, other)
                            .isTrue();
                }
            }
        }
    }
}
