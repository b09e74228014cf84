package dev.interlock.system.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests what a run says of figures and of noise. */
final class FiguresTest {

    private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream(), true);

    private final Figures figures = new Figures();
    private final ObjectNode told = new ObjectMapper().createObjectNode();

    @Test
    void aFigureIsTheMedianOfQuietWindowsAndIsJudged() {
        for (double value : new double[] {5, 3, 4}) {
            figures.add("cpuOverNginx.same", value, true);
            figures.add("receipts.perSecond", value, true);
        }
        figures.add("cpuOverNginx.same", 90, false);
        figures.write(told, NOWHERE);
        assertThat(told.at("/cpuOverNginx.same").toString()).isEqualTo("{\"value\":4.0,\"atMost\":4.0,\"isMet\":true}");
        assertThat(told.at("/receipts.perSecond/isMet").asBoolean(true)).isFalse();
        assertThat(figures.isNoisy()).isFalse();
    }

    @Test
    void aFigureOfNoisyWindowsSaysSo() {
        figures.add("idleMb", 100, false);
        figures.write(told, NOWHERE);
        assertThat(told.at("/idleMb/noisy").asBoolean()).isTrue();
        assertThat(figures.isNoisy()).isTrue();
    }

    @Test
    void whatOthersTakeIsShownForEachWindow() throws Exception {
        ArrayNode windows = told.putArray("windows");
        assertThat(new QuietWindows(windows, NOWHERE, Duration.ZERO)
                        .measure("w", () -> 7)
                        .value())
                .isEqualTo(7);
        assertThat(windows.get(0).has("stealPercent")).isTrue();
        assertThat(windows.get(0).has("foreignPercent")).isTrue();
        HostLoad before = new HostLoad(100, 100, 0);
        long second = 1_000_000_000L / Runtime.getRuntime().availableProcessors();
        assertThat(new HostLoad(102, 103, second).since(before)).isEqualTo(new HostLoad.Share(2, 3));
        assertThat(new HostLoad.Share(2, 3).isQuiet()).isTrue();
        assertThat(new HostLoad.Share(2, 3.1).isQuiet()).isFalse();
    }
}
