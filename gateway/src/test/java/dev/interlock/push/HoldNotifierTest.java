package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.evidence.Json;
import dev.interlock.testing.PushReceiver;
import dev.interlock.testing.TestingPushService;
import dev.interlock.testing.TestingPushService.Answer;
import dev.interlock.testing.TestingPushService.Pushed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HoldNotifierTest {

    private static final String HOLD = "H-01JD0000000000000000000000";
    private static final String SUMMARY = "DESTROYS volume `vol_x` in production";

    @TempDir
    private Path directory;

    private PushFixture push;
    private HoldNotifier notifier;
    private volatile Set<String> people = Set.of("ann");
    private volatile String summary = SUMMARY;
    private final Set<String> killed = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<Optional<String>> groups = new LinkedBlockingQueue<>();
    private final BlockingQueue<Duration> pauses = new LinkedBlockingQueue<>();

    @BeforeEach
    void open() throws Exception {
        push = new PushFixture(directory);
        notifier = new HoldNotifier(push.devices, push.sender, this::find, killed::contains, push.clock, pauses::add);
    }

    private Optional<HoldNotifier.WaitingHold> find(String id, Optional<String> group) {
        groups.add(group);
        return Optional.of(
                new HoldNotifier.WaitingHold(id, summary, push.clock.instant().plus(Duration.ofMinutes(50)), people));
    }

    @AfterEach
    void close() {
        notifier.close();
        push.close();
    }

    private static Alert alert(Alert.AlertKind kind, Map<String, String> facts) {
        return new Alert(kind, Alert.Severity.INFO, "a summary", facts, Optional.empty());
    }

    private void opened() {
        notifier.heard(alert(Alert.AlertKind.HOLD_OPENED, Map.of(Alert.HOLD, HOLD)));
    }

    /** Waits until so many messages have ended, sent or not, and all that were begun before them. */
    private void ended(int messages) {
        while (notifier.sent() + notifier.failed() < messages || notifier.underWay() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aPhoneOfSomebodyWhoMayConfirmRingsWithTheHoldsSentence() throws Exception {
        push.add("sam", "/sams"); // would be sent first
        PushReceiver phone = push.add("ann", "/phone?token=1");
        opened();
        Pushed pushed = push.service.next();
        assertThat(pushed.method()).isEqualTo("POST");
        assertThat(pushed.path()).isEqualTo("/phone?token=1");
        assertThat(pushed.header("content-encoding")).isEqualTo("aes128gcm");
        assertThat(pushed.header("urgency")).isEqualTo("high");
        assertThat(pushed.header("ttl")).isEqualTo("3000");
        assertThat(pushed.header("topic")).matches("[A-Za-z0-9_-]{32}").doesNotContain(HOLD);
        Json.Members claims = PushReceiver.claims(pushed.header("authorization"), push.key.publicKey());
        assertThat(claims.text("aud")).isEqualTo("https://" + push.service.name());
        assertThat(Json.readObject(phone.open(pushed.body())))
                .isEqualTo(Json.object()
                        .with("hold", HOLD)
                        .with("path", "/holds/" + HOLD)
                        .with("text", SUMMARY));
        ended(1);
        assertThat(push.service.waiting()).isZero(); // not sam's
        assertThat(notifier.sent()).isEqualTo(1);
    }

    @Test
    void anEscalationRingsTheMembersOfItsGroupAndOtherAlertsNobody() throws Exception {
        push.add("ann", "/phone");
        for (Alert.AlertKind kind : Alert.AlertKind.values()) {
            if (kind != Alert.AlertKind.HOLD_OPENED && kind != Alert.AlertKind.HOLD_ESCALATED) {
                notifier.heard(alert(kind, Map.of(Alert.HOLD, HOLD)));
            }
        }
        notifier.heard(alert(Alert.AlertKind.HOLD_OPENED, Map.of()));
        notifier.heard(alert(Alert.AlertKind.HOLD_OPENED, Map.of(Alert.HOLD, "../H-01JD0000000000000000000000")));
        notifier.heard(alert(Alert.AlertKind.HOLD_ESCALATED, Map.of(Alert.HOLD, HOLD, "to", "owners")));
        push.service.next();
        ended(1);
        assertThat(groups).containsExactly(Optional.of("owners"));
    }

    @Test
    void aPersonWhoIsStoppedIsNotAsked() throws Exception {
        push.add("ann", "/anns"); // would be sent first
        push.add("sam", "/sams");
        people = Set.of("ann", "sam");
        killed.add("ann");
        opened();
        assertThat(push.service.next().path()).isEqualTo("/sams");
        ended(1);
        assertThat(push.service.waiting()).isZero();
    }

    @Test
    void aLongSentenceIsCutAndStillFits() throws Exception {
        PushReceiver phone = push.add("ann", "/phone");
        summary = "\"\\".repeat(5_000);
        opened();
        byte[] body = push.service.next().body();
        assertThat(Json.readObject(phone.open(body)).text("text")).hasSize(HoldNotifier.MAX_TEXT + 1);
        assertThat(body.length).isLessThanOrEqualTo(4096);
    }

    @Test
    void aBrowserThatUnsubscribedIsRemoved() throws Exception {
        push.add("ann", "/gone");
        push.service.answer(new Answer(410));
        opened();
        ended(1);
        push.service.next();
        assertThat(push.devices.of(Optional.empty())).isEmpty();
        assertThat(new Devices(push.file, push.services).of(Optional.empty())).isEmpty();
        assertThat(notifier.failed()).isEqualTo(1);
    }

    @Test
    void aBusyServiceIsTriedAgainWhenItAsksAndFourTimesAtMost() throws Exception {
        push.add("ann", "/busy");
        push.service.answer(new Answer(429, "retry-after", "30"));
        push.service.answer(new Answer(503));
        opened();
        ended(1);
        assertThat(notifier.sent()).isEqualTo(1);
        assertThat(pauses).containsExactly(Duration.ofSeconds(30), HoldNotifier.FIRST_PAUSE.multipliedBy(2));
        pauses.clear();
        for (int i = 0; i < 10; i++) {
            push.service.answer(new Answer(500));
        }
        opened();
        ended(2);
        assertThat(notifier.failed()).isEqualTo(1);
        assertThat(pauses).hasSize(HoldNotifier.MAX_TRIES - 1);
        assertThat(push.devices.of(Optional.of("ann"))).hasSize(1);
    }

    @Test
    void aServiceThatAsksForHoursIsLeftAlone() throws Exception {
        push.add("ann", "/busy");
        push.service.answer(new Answer(429, "retry-after", "86400"));
        opened();
        ended(1);
        assertThat(pauses).isEmpty();
        assertThat(notifier.failed()).isEqualTo(1);
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        push.add("ann", "/moved");
        push.service.answer(new Answer(307, "location", push.service.endpoint("/elsewhere")));
        opened();
        ended(1);
        assertThat(push.service.next().path()).isEqualTo("/moved");
        assertThat(push.service.waiting()).isZero();
        assertThat(notifier.failed()).isEqualTo(1);
    }

    @Test
    void onlyTheNamedAuthorityIsTrusted() throws Exception {
        push.add("ann", "/phone");
        try (TestingPushService impostor =
                new TestingPushService(dev.interlock.testing.TestingCertificate.forName("localhost"))) {
            PushServices services = new PushServices(List.of(impostor.name()));
            Device device = new Devices(directory.resolve("other.json"), services)
                    .read(
                            new PushReceiver()
                                    .subscription(impostor.endpoint("/x"))
                                    .canonicalText(),
                            "ann",
                            "x",
                            push.clock.instant());
            PushSender.Message message = new PushSender.Message(new byte[1], Duration.ofMinutes(1), "t");
            try (PushSender sender =
                    new PushSender(services, push.key, Optional::empty, push.clock, new java.security.SecureRandom())) {
                assertThat(sender.send(device, message)).isInstanceOf(PushSender.Result.Later.class);
            }
            assertThat(impostor.waiting()).isZero();
        }
    }

    /** A push service that never answers keeps nobody waiting but its own message. */
    @Test
    void nobodyWaitsForAPushService() throws Exception {
        push.add("ann", "/slow");
        BlockingQueue<String> held = new LinkedBlockingQueue<>();
        try (HoldNotifier slow = new HoldNotifier(
                push.devices,
                push.sender,
                (id, group) -> {
                    try {
                        held.take();
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    }
                    return find(id, group);
                },
                _ -> false,
                push.clock)) {
            slow.heard(alert(Alert.AlertKind.HOLD_OPENED, Map.of(Alert.HOLD, HOLD))); // returns
            assertThat(groups).isEmpty();
            held.add("go");
            assertThat(groups.poll(60, TimeUnit.SECONDS)).isEmpty();
            push.service.next();
        }
    }
}
