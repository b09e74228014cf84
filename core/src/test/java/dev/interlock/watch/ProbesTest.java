package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.testing.TestingClock;
import dev.interlock.watch.Probe.ProbeFinding;
import dev.interlock.watch.Probe.ProbeResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that only the one expected refusal counts as passed. */
final class ProbesTest {

    private static final Refusal EXPECTED = Refusal.denied("No lease.", "Stop.", List.of());
    private static final String REFUSED = "{'detail':'No lease.','kind':'denied','receipt':'R-1'}";

    private final List<Alert> alerts = new ArrayList<>();
    private final List<String> shut = new ArrayList<>();
    private final Probes probes = new Probes(new TestingClock(), alerts::add, shut::add);

    private static ProbeResponse answer(int status, String receipt, String body) {
        return new ProbeResponse(
                status, Optional.of(receipt).filter(id -> !id.isEmpty()), Bytes.utf8(body.replace('\'', '"')));
    }

    private static Probe probe(Probe.ProbeAttempt attempt) {
        return new Probe("http://127.0.0.1:7411", "HTTP/2", "railway", "no lease", attempt);
    }

    @Test
    void theExpectedRefusalPasses() throws InterruptedException {
        assertThat(probes.send(probe(() -> answer(403, "R-1", REFUSED).held(EXPECTED, 403))))
                .isTrue();
        assertThat(probes.all().red()).isEmpty();
        assertThat(alerts).isEmpty();
        assertThat(shut).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            403 | R-1 | {'detail':'No lease.','kind':'not_understood','receipt':'R-1'}
            403 | R-1 | {'detail':'No lease.','kind':'unavailable','receipt':'R-1'}
            403 | R-1 | {'detail':'Something else.','kind':'denied','receipt':'R-1'}
            403 | R-1 | {'detail':'No lease.','kind':'denied'}
            403 | R-1 | {'detail':'No lease.','kind':'denied','receipt':'R-2'}
            403 | ``  | {'detail':'No lease.','kind':'denied','receipt':'R-1'}
            400 | R-1 | {'detail':'No lease.','kind':'denied','receipt':'R-1'}
            407 | R-1 | {'detail':'No lease.','kind':'denied','receipt':'R-1'}
            403 | R-1 | {'detail':7,'kind':'denied','receipt':'R-1'}
            """)
    void anotherRefusalIsRedAndClosesNothing(int status, String receipt, String body) throws InterruptedException {
        assertThat(probes.send(probe(() -> answer(status, receipt, body).held(EXPECTED, 403))))
                .isFalse();
        assertThat(probes.all().red()).hasSize(1);
        assertThat(alerts).singleElement().extracting(Alert::severity).isEqualTo(Alert.Severity.ALARM);
        assertThat(shut).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            200 | {'detail':'No lease.','kind':'denied','receipt':'R-1'}
            403 | {'detail':'No lease.','kind':'not_sent','receipt':'R-1'}
            403 | {'detail':'No lease.','kind':'unknown','receipt':'R-1'}
            403 | {'message':'Forbidden by somebody else'}
            403 | <html>
            502 | {'detail':'No lease.','kind':'denied','receipt':'R-1'}
            """)
    void anAnswerWithoutRefusalClosesTheFront(int status, String body) throws InterruptedException {
        assertThat(probes.send(probe(() -> answer(status, "R-1", body).held(EXPECTED, 403))))
                .isFalse();
        assertThat(shut).containsExactly("http://127.0.0.1:7411");
        assertThat(alerts).singleElement().extracting(Alert::rule).isEqualTo(Alert.AlertKind.PROBE);
        probes.retainFronts(Set.of());
        probes.forget();
        assertThat(probes.all().red()).as("no other seal makes it good").hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no answer within 10 seconds", "Connection refused"})
    void noAnswerProvesNothing(String why) throws InterruptedException {
        Probe silent = probe(() -> {
            throw new IOException(why);
        });
        assertThat(probes.send(silent)).isFalse();
        assertThat(probes.isRed(silent)).isTrue();
        assertThat(probes.all().red()).singleElement().asString().contains(why);
        assertThat(alerts).singleElement().extracting(Alert::severity).isEqualTo(Alert.Severity.ALARM);
    }

    @Test
    void aRecoveredProbeIsReportedOnce() throws InterruptedException {
        probes.send(probe(() -> new Probe.ProbeResult(ProbeFinding.UNPROVED, "late")));
        probes.send(probe(() -> Probe.ProbeResult.REFUSED));
        probes.send(probe(() -> Probe.ProbeResult.REFUSED));
        assertThat(alerts).extracting(Alert::severity).containsExactly(Alert.Severity.ALARM, Alert.Severity.INFO);
        assertThat(probes.all().red()).isEmpty();
    }
}
