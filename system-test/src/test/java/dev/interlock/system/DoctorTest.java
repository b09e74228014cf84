package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests {@code doctor --as-agent} beside a gateway with credentials. */
@Timeout(300)
@Tag("process")
final class DoctorTest {

    private Installation installation;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.shared();
    }

    private Programs.ProgramResult doctor(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("doctor", "--as-agent", "--json", "--agent", "jer/cursor", "--task", "fix-staging"));
        arguments.addAll(List.of(more));
        return installation.interlock(arguments, "");
    }

    private static Json.Members read(Programs.ProgramResult ended) {
        return Json.readObject(ended.out().strip().getBytes(StandardCharsets.UTF_8));
    }

    private static Stream<String> open(Json.Members report) {
        return report.objects("checks").stream()
                .filter(check -> !check.get("blocked").orElseThrow().equals(new Json.Flag(true)))
                .map(check -> check.text("name"));
    }

    @Test
    void theSandboxReachesOnlyTheGateway() throws Exception {
        Programs.ProgramResult ended = doctor();
        Json.Members report = read(ended.expect(0));
        assertThat(open(report)).isEmpty();
        assertThat(report.whole("open")).isZero();
        assertThat(report.objects("checks"))
                .extracting(check -> check.text("name"))
                .contains("vault", "ledger", "store", "admin-socket", "configuration", "other-places", "home");
        assertThat(ended.out() + ended.err() + installation.said()).doesNotContain("ilk_");
    }
}
