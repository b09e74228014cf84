package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests which ways of losing a resource are drawn as leaving something, and which are not. */
class LossGraphTest {

    private static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");

    private static final Json.Members KEPT = Json.object()
            .with("way", "volume")
            .with("red", false)
            .withTexts("why", List.of())
            .with("backup", "shop-db/b1")
            .with("age_seconds", 3 * 3600)
            .with("restored_at", "2026-11-21T06:00:00Z");

    private static final Json.Members LOST =
            Json.object().with("way", "account").with("red", true).withTexts("why", List.of("nothing would be left"));

    /** A backup would be left, and nobody may count on it. */
    private static final Json.Members DOUBTFUL = KEPT.with("way", "credential")
            .with("red", true)
            .withTexts("why", List.of("it has never been restored"))
            .without(List.of("restored_at"));

    private static final LossGraph GRAPH = LossGraph.of("volume", "v1", List.of(KEPT, LOST, DOUBTFUL), NOW);

    private static BlastRadiusGraph.Node node(BlastRadiusGraph.Drawing drawing, String name) {
        return drawing.nodes().stream()
                .filter(node -> node.name().equals(name) || node.kind().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<BlastRadiusGraph.Drawing> both() {
        return Stream.of(GRAPH.wide(), GRAPH.narrow());
    }

    @Test
    void theResourceItselfIsNeutral() {
        assertThat(both()).allSatisfy(drawing -> {
            BlastRadiusGraph.Node thing = drawing.nodes().getFirst();
            assertThat(thing.name()).isEqualTo("v1");
            assertThat(thing.fate()).isEqualTo(BlastRadiusGraph.Fate.AFFECTED);
        });
    }

    /** The way, the backup, and both lines between them. */
    @Test
    void aLossWithARemainingBackupIsDrawnAsKept() {
        assertThat(node(GRAPH.wide(), "volume deleted").fate()).isEqualTo(BlastRadiusGraph.Fate.SURVIVES);
        BlastRadiusGraph.Node left = node(GRAPH.wide(), "shop-db/b1");
        assertThat(left.fate()).isEqualTo(BlastRadiusGraph.Fate.SURVIVES);
        assertThat(left.note()).isEqualTo("3 hours old, restored 2 hours ago");
        assertThat(GRAPH.wide().edges().subList(0, 2))
                .extracting(BlastRadiusGraph.Edge::fate)
                .containsOnly(BlastRadiusGraph.Fate.SURVIVES);
        assertThat(node(GRAPH.narrow(), "if volume deleted").fate()).isEqualTo(BlastRadiusGraph.Fate.SURVIVES);
    }

    @Test
    void aLossWithoutBackupIsDrawnAsLost() {
        assertThat(node(GRAPH.wide(), "account closed").fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        assertThat(node(GRAPH.wide(), "no usable backup").fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        assertThat(GRAPH.wide().edges().subList(2, 4))
                .extracting(BlastRadiusGraph.Edge::fate)
                .containsOnly(BlastRadiusGraph.Fate.LOST);
        BlastRadiusGraph.Node narrow = node(GRAPH.narrow(), "if account closed");
        assertThat(narrow.fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        assertThat(narrow.name()).isEqualTo("no usable backup");
    }

    /** A backup that nobody may count on is no comfort. */
    @Test
    void anUncountedBackupIsDrawnAsLost() {
        assertThat(node(GRAPH.wide(), "a credential misused").fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        BlastRadiusGraph.Node left = GRAPH.wide().nodes().getLast();
        assertThat(left.name()).isEqualTo("shop-db/b1");
        assertThat(left.note()).isEqualTo("3 hours old, never restored");
        assertThat(left.fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        assertThat(GRAPH.narrow().nodes().getLast().fate()).isEqualTo(BlastRadiusGraph.Fate.LOST);
        assertThat(GRAPH.narrow().edges())
                .extracting(BlastRadiusGraph.Edge::fate)
                .containsExactly(
                        BlastRadiusGraph.Fate.SURVIVES, BlastRadiusGraph.Fate.LOST, BlastRadiusGraph.Fate.LOST);
    }

    /** People who cannot see the drawing get the same information in the same order. */
    @Test
    void theTextEqualsTheDrawing() {
        assertThat(GRAPH.rows())
                .extracting(row -> row.fate().word())
                .containsExactly(
                        BlastRadiusGraph.Fate.SURVIVES.word(),
                        BlastRadiusGraph.Fate.LOST.word(),
                        BlastRadiusGraph.Fate.LOST.word());
        assertThat(GRAPH.sentence())
                .isEqualTo("If volume deleted: shop-db/b1, 3 hours old, restored 2 hours ago. "
                        + "If account closed: no usable backup, red. If a credential misused: "
                        + "shop-db/b1, 3 hours old, never restored, red");
    }
}
