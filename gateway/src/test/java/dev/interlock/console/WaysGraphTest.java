package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests which ways of losing a resource are drawn as leaving something, and which are not. */
class WaysGraphTest {

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

    private static final WaysGraph GRAPH = WaysGraph.of("volume", "v1", List.of(KEPT, LOST, DOUBTFUL), NOW);

    private static Graph.Node node(Graph.Drawing drawing, String name) {
        return drawing.nodes().stream()
                .filter(node -> node.name().equals(name) || node.kind().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<Graph.Drawing> both() {
        return Stream.of(GRAPH.wide(), GRAPH.narrow());
    }

    @Test
    void theThingItselfIsNeitherLostNorKept() {
        assertThat(both()).allSatisfy(drawing -> {
            Graph.Node thing = drawing.nodes().getFirst();
            assertThat(thing.name()).isEqualTo("v1");
            assertThat(thing.fate()).isEqualTo(Graph.Fate.AFFECTED);
        });
    }

    /** The way, the backup, and both lines between them. */
    @Test
    void aWayThatLeavesSomethingIsDrawnKept() {
        assertThat(node(GRAPH.wide(), "volume deleted").fate()).isEqualTo(Graph.Fate.SURVIVES);
        Graph.Node left = node(GRAPH.wide(), "shop-db/b1");
        assertThat(left.fate()).isEqualTo(Graph.Fate.SURVIVES);
        assertThat(left.note()).isEqualTo("3 hours old, restored 2 hours ago");
        assertThat(GRAPH.wide().edges().subList(0, 2))
                .extracting(Graph.Edge::fate)
                .containsOnly(Graph.Fate.SURVIVES);
        assertThat(node(GRAPH.narrow(), "if volume deleted").fate()).isEqualTo(Graph.Fate.SURVIVES);
    }

    @Test
    void aWayThatLeavesNothingIsDrawnLost() {
        assertThat(node(GRAPH.wide(), "account closed").fate()).isEqualTo(Graph.Fate.LOST);
        assertThat(node(GRAPH.wide(), "no usable backup").fate()).isEqualTo(Graph.Fate.LOST);
        assertThat(GRAPH.wide().edges().subList(2, 4))
                .extracting(Graph.Edge::fate)
                .containsOnly(Graph.Fate.LOST);
        Graph.Node narrow = node(GRAPH.narrow(), "if account closed");
        assertThat(narrow.fate()).isEqualTo(Graph.Fate.LOST);
        assertThat(narrow.name()).isEqualTo("no usable backup");
    }

    /** A backup that nobody may count on is no comfort. */
    @Test
    void aBackupThatNobodyMayCountOnIsDrawnLost() {
        assertThat(node(GRAPH.wide(), "a credential misused").fate()).isEqualTo(Graph.Fate.LOST);
        Graph.Node left = GRAPH.wide().nodes().getLast();
        assertThat(left.name()).isEqualTo("shop-db/b1");
        assertThat(left.note()).isEqualTo("3 hours old, never restored");
        assertThat(left.fate()).isEqualTo(Graph.Fate.LOST);
        assertThat(GRAPH.narrow().nodes().getLast().fate()).isEqualTo(Graph.Fate.LOST);
        assertThat(GRAPH.narrow().edges())
                .extracting(Graph.Edge::fate)
                .containsExactly(Graph.Fate.SURVIVES, Graph.Fate.LOST, Graph.Fate.LOST);
    }

    /** People who cannot see the drawing get the same information in the same order. */
    @Test
    void theWordsSayWhatTheDrawingShows() {
        assertThat(GRAPH.rows())
                .extracting(row -> row.fate().word())
                .containsExactly(Graph.Fate.SURVIVES.word(), Graph.Fate.LOST.word(), Graph.Fate.LOST.word());
        assertThat(GRAPH.sentence())
                .isEqualTo("If volume deleted: shop-db/b1, 3 hours old, restored 2 hours ago. "
                        + "If account closed: no usable backup, red. If a credential misused: "
                        + "shop-db/b1, 3 hours old, never restored, red");
    }
}
