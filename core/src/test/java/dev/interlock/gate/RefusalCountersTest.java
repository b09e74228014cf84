package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.RefusalCounters;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RefusalCountersTest {

    private static final int BURST = 20;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-04-24T12:00:00Z"));
    private final RefusalCounters peers = new RefusalCounters(now::get, BURST, ReceiptMembers::common);

    private static OptionalLong written(Optional<RefusalCounters.CountedRefusals> admitted) {
        return admitted.map(counted -> OptionalLong.of(counted.number())).orElse(OptionalLong.empty());
    }

    private OptionalLong admit(String caller) {
        return written(peers.admit(caller));
    }

    private List<Map.Entry<String, Long>> overdue() {
        return peers.takeOverdue().stream()
                .map(counted -> Map.entry(counted.caller(), counted.number()))
                .toList();
    }

    private void refuse(int times) {
        for (int i = 0; i < times; i++) {
            peers.admit("agent");
        }
    }

    @Test
    void theFirstRefusalsAreWrittenOneByOne() {
        assertThat(admit("agent")).hasValue(0);
        assertThat(admit("agent")).hasValue(0);
    }

    @Test
    void manyRefusalsAreCountedAndWrittenWithTheNextWindow() {
        refuse(BURST);
        assertThat(admit("agent")).isEmpty();
        assertThat(admit("agent")).isEmpty();
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        assertThat(admit("agent")).hasValue(2);
    }

    @Test
    void theCountOfEndedRefusalsIsWrittenOnce() {
        refuse(BURST + 2);
        assertThat(overdue()).isEmpty();
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        List<RefusalCounters.CountedRefusals> overdue = peers.takeOverdue();
        assertThat(overdue).singleElement().satisfies(counted -> {
            assertThat(counted.caller()).isEqualTo("agent");
            assertThat(counted.number()).isEqualTo(2);
        });
        assertThat(overdue()).isEmpty();
        peers.putBack(overdue.getFirst());
        assertThat(overdue()).containsExactly(Map.entry("agent", 2L));
        assertThat(admit("agent")).hasValue(0);
    }

    /** Like receipts of refusals: many reads of ever other resources, and destructive calls. */
    @Test
    void manyHarmlessRefusalsHideNoDestruction() {
        for (int i = 0; i < RefusalCounters.MAX_GISTS + BURST; i++) {
            boolean _ = admit("read", "place-" + i).isPresent();
        }
        assertThat(admit("read", "another")).isEmpty();
        assertThat(admit("destroy", "another")).isPresent();
    }

    private Optional<RefusalCounters.CountedRefusals> admit(String impact, String environment) {
        Json.Members resource = Json.object().withTexts("environments", List.of(environment));
        Json.Members action = Json.object()
                .withTexts("impacts", List.of(impact))
                .with("resources", new Json.Array(List.of(resource)));
        Json.Members refused = Json.object().with("refusal", "denied").with("actions", new Json.Array(List.of(action)));
        return peers.admit(
                "agent",
                ReceiptMembers.kind(refused),
                " " + ReceiptMembers.scopeText(refused),
                ReceiptMembers.counted(refused));
    }

    @Test
    void oneUsersRefusalsHideNobodyElses() {
        refuse(BURST + 5);
        assertThat(admit("other")).hasValue(0);
    }

    @Test
    void aClockThatJumpsBackOpensAWindowRatherThanNone() {
        refuse(BURST + 1);
        now.set(now.get().minus(Duration.ofHours(1)));
        assertThat(admit("agent")).hasValue(1);
    }

    private void fill() {
        for (int i = 1; i < RefusalCounters.MAX_CALLERS; i++) {
            peers.admit("caller " + i);
        }
    }

    @Test
    void anIdleCounterIsReusedAfterItsTime() {
        RefusalCounters single = new RefusalCounters(now::get, 1, ReceiptMembers::common);
        for (int i = 0; i < RefusalCounters.MAX_CALLERS; i++) {
            single.admit("caller " + i);
        }
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        assertThat(written(single.admit("one more"))).hasValue(0);
        assertThat(single.admit("one more")).isEmpty();
    }

    @Test
    void aCountIsNotEvictedBeforeItIsWritten() {
        refuse(BURST + 3);
        fill();
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        peers.admit("one more");
        assertThat(overdue()).containsExactly(Map.entry("agent", 3L));
    }

    @Test
    void newCallersDoNotResetACounter() {
        refuse(BURST);
        fill();
        peers.admit("one more");
        assertThat(admit("agent")).isEmpty();
    }

    @Test
    void excessCallersShareOneCounter() {
        for (int i = 0; i < RefusalCounters.MAX_CALLERS + BURST; i++) {
            assertThat(admit("caller " + i)).hasValue(0);
        }
        assertThat(admit("one more")).isEmpty();
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        assertThat(admit("one more")).hasValue(0);
    }

    private static Json.Members about(String lease, String impact, String environment) {
        return Json.object()
                .with("lease", lease)
                .with("agent", "jer/cursor")
                .withTexts("impacts", List.of(impact))
                .withTexts("environments", List.of(environment));
    }

    /** Counts refusals of one kind with many different gists. */
    private void vary(String caller, String kind, int gists) {
        for (int i = 0; i < gists; i++) {
            peers.admit(caller, kind, " gist " + i, about(caller, "read", "environment-" + i));
        }
    }

    /** Otherwise it would displace other callers' records, and hide their refusals. */
    @Test
    void oneCallersManyKindsUseOnlyTheirOwnCounters() {
        vary("L-1", "denied", 2 * RefusalCounters.MAX_CALLERS);
        for (int i = 0; i < BURST; i++) {
            assertThat(peers.admit("L-2", "denied", " destroy in production", Json.object()))
                    .isPresent();
        }
        assertThat(peers.admit("L-2", "denied", " read in production", Json.object()))
                .isPresent();
    }

    @Test
    void manyScopesOfOneKindHideNoOtherKind() {
        vary("L-1", "denied", RefusalCounters.MAX_GISTS + 10 * BURST);
        assertThat(peers.admit("L-1", "denied", " something new", Json.object()))
                .isEmpty();
        assertThat(peers.admit("L-1", "denied to destroy", " destroy in production", Json.object()))
                .isPresent();
    }

    /** No single gist describes all of them, so their number is written without one. */
    @Test
    void theCountOfManyScopesStatesTheirCommonMembers() {
        vary("L-1", "denied", RefusalCounters.MAX_GISTS + BURST);
        peers.admit("L-1", "denied", " x", about("L-1", "write", "staging"));
        peers.admit("L-1", "denied", " y", about("L-1a", "read", "production").with("root", "L-1"));
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        vary("L-1", "dry_run", RefusalCounters.MAX_GISTS); // its whole share again
        assertThat(written(peers.admit("L-1", "denied", " z", about("L-1", "write", "staging"))))
                .hasValue(0);
        assertThat(peers.takeOverdue()).singleElement().satisfies(counted -> {
            assertThat(counted.number()).isEqualTo(2);
            assertThat(counted.about().text("agent")).isEqualTo("jer/cursor");
            assertThat(counted.about().text("root")).isEqualTo("L-1");
            assertThat(counted.about().optionalText("lease")).isEmpty();
            assertThat(counted.about().texts("impacts")).containsExactly("read", "write");
            assertThat(counted.about().texts("environments")).containsExactly("production", "staging");
        });
        assertThat(peers.takeOverdue()).isEmpty();
    }

    @Test
    void aWrittenCountIsReset() {
        for (int i = 0; i < BURST + 1; i++) {
            peers.admit("L-1", "denied", " it", about("L-1", "read", "production"));
        }
        now.set(now.get().plus(RefusalCounters.DEFAULT_WINDOW));
        assertThat(written(peers.admit("L-1", "denied", " it", Json.object()))).hasValue(1);
        for (int i = 0; i < BURST; i++) {
            peers.admit("L-1", "denied", " it", about("L-1", "write", "staging"));
        }
        assertThat(peers.takeAll())
                .singleElement()
                .satisfies(
                        counted -> assertThat(counted.about().texts("impacts")).containsExactly("write"));
    }
}
