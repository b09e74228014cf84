package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlertSpoolTest {

    @TempDir
    private Path directory;

    private final List<String> delivered = new ArrayList<>();
    private boolean up = true;
    private Runnable onDelivery = () -> {};
    private Duration asked = Duration.ZERO;

    private AlertReceiver receiver(AlertSpool spool) throws IOException {
        AlertChannel channel = new AlertChannel() {
            @Override
            public DeliveryResult deliver(AlertMessage message) {
                if (up) {
                    delivered.add(message.id() + "=" + new String(message.json().toArray(), StandardCharsets.UTF_8));
                    onDelivery.run();
                }
                return new DeliveryResult(up, "said", asked);
            }

            @Override
            public String kind() {
                return "fake";
            }
        };
        return new AlertReceiver("siem", channel, spool, Clock.systemUTC(), (_, _) -> {});
    }

    private static void assertSettled(Path spools) throws IOException {
        try (Stream<Path> files = Files.list(spools)) {
            assertThat(files.map(file -> file.getFileName().toString())).isSubsetOf("last");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aFullSpoolKeepsTheOldestAndReservesSpaceForEachKind() throws Exception {
        AlertSpool spool = new AlertSpool(directory, 2);
        assertThat(spool.keep("1", "a", bytes("x"))).isTrue();
        assertThat(spool.keep("2", "a", bytes("x"))).isTrue();
        assertThat(spool.keep("3", "a", bytes("x"))).isFalse();
        assertThat(spool.keep("4", "b", bytes("x"))).isTrue();
        assertThat(spool.size()).isEqualTo(3);
        assertThat(spool.oldest().orElseThrow().getKey()).isEqualTo("1.a");
        // This counts the files of another process, too.
        assertThat(new AlertSpool(directory, 2).keep("5", "a", bytes("x"))).isFalse();
    }

    @Test
    void anAlertWithoutSpaceIsHeldInMemoryAndWrittenLater() throws Exception {
        Path spools = Files.createDirectory(directory.resolve("spool"));
        AlertSpool spool = new AlertSpool(spools, 2);
        spool.keep("1", "a", bytes("one"));
        Path away = Files.move(spools, directory.resolve("away"));
        Files.writeString(spools, "in the way, as a full disk is");
        assertThat(spool.keep("2", "a", bytes("two"))).isTrue();
        assertThat(spool.keep("3", "a", bytes("three")))
                .as("it is no more room")
                .isFalse();
        assertThat(spool.trouble()).isPresent();
        assertThat(spool.settle()).isFalse();

        Files.delete(spools);
        Files.move(away, spools);
        assertThat(spool.trouble()).as("nobody has looked").isPresent();
        assertThat(spool.settle()).isTrue();
        assertThat(spool.trouble()).isEmpty();
        assertThat(receiver(new AlertSpool(spools, 2)).run()).isEmpty();
        assertThat(delivered).as("by another process").containsExactly("1=one", "2=two");
        assertSettled(spools);
    }

    @Test
    void heldAlertsAreDeliveredOnce() throws Exception {
        Path spools = Files.createDirectory(directory.resolve("spool"));
        AlertSpool spool = new AlertSpool(spools, 2);
        Files.delete(spools);
        Files.writeString(spools, "in the way");
        spool.keep("1", "a", bytes("one"));
        assertThat(receiver(spool).run()).isEmpty();
        assertThat(delivered).containsExactly("1=one");
        assertThat(spool.size()).isZero();
        Files.delete(spools);
        Files.createDirectory(spools);
        assertThat(spool.settle()).isTrue();
        assertSettled(spools);
    }

    /** On a disk that became read-only after an error, files can be read, and not deleted. */
    @Test
    void anUndeletableAlertIsDeliveredOnceAndBlocksNoOther() throws Exception {
        AlertSpool spool = new AlertSpool(directory, 2);
        spool.keep("1", "a", bytes("one"));
        spool.keep("2", "a", bytes("two"));
        Path file = directory.resolve("1.a.json");
        onDelivery = () -> putInTheWay(file);
        AlertReceiver courier = receiver(spool);
        assertThat(courier.run()).isEmpty();
        assertThat(spool.trouble()).isPresent();
        assertThat(spool.settle()).isFalse();
        assertThat(spool.keep("3", "a", bytes("three"))).isTrue();
        assertThat(spool.keep("4", "a", bytes("four"))).isTrue();
        assertThat(courier.run()).isEmpty();
        assertThat(delivered).containsExactly("1=one", "2=two", "3=three", "4=four");
        assertThat(spool.size()).isZero();

        Files.delete(file.resolve("inside"));
        assertThat(spool.settle()).isTrue();
        assertThat(spool.trouble()).isEmpty();
        assertSettled(directory);
    }

    @Test
    void whatCannotBeDeletedTakesTheRoomOfItsKind() throws Exception {
        AlertSpool spool = new AlertSpool(directory, 2);
        AlertReceiver courier = receiver(spool);
        for (int i = 1; i <= 5; i++) {
            spool.keep("" + i, "a", bytes("x"));
            Path file = directory.resolve(i + ".a.json");
            if (Files.exists(file)) {
                putInTheWay(file);
            }
            assertThat(courier.run()).isEmpty();
            assertThat(spool.settle()).isFalse();
        }
        assertThat(delivered).hasSize(5);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("1.a.json", "2.a.json", "last");
        }
    }

    @Test
    void aFailedWriteLeavesNoDraft() throws Exception {
        AlertSpool spool = new AlertSpool(directory, 2);
        putInTheWay(directory.resolve("1.a.json"));
        spool.keep("1", "a", bytes("one"));
        assertThat(spool.trouble()).isPresent();
        assertThat(directory.resolve("1.a.json.new")).doesNotExist();
    }

    @Test
    void aForeignFileIsIgnoredAndAnyFailureIsRetried() throws Exception {
        Files.writeString(directory.resolve("foreign.json"), "{}");
        AlertSpool spool = new AlertSpool(directory, 2);
        assertThat(spool.size()).isZero();
        spool.keep("1", "a", bytes("one"));
        onDelivery = () -> {
            throw new IllegalStateException();
        };
        assertThat(receiver(spool).run()).contains(AlertReceiver.LONGEST_PAUSE);
        assertThat(spool.size()).isEqualTo(1);
    }

    /** Puts a directory that is not empty in its place: no user can read or delete it like a file. */
    private static void putInTheWay(Path file) {
        try {
            if (!Files.isDirectory(file)) {
                Files.deleteIfExists(file);
                Files.createDirectory(file);
                Files.createFile(file.resolve("inside"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anUnreadableAlertBlocksNoOther() throws Exception {
        Path file = directory.resolve("1.a.json");
        putInTheWay(file);
        AlertSpool spool = new AlertSpool(directory, 10);
        spool.keep("2", "a", bytes("two"));
        assertThat(receiver(spool).run()).isEmpty();
        assertThat(delivered).containsExactly("2=two");
        assertThat(spool.trouble()).isPresent();
        assertThat(spool.settle()).isFalse();

        Files.delete(file.resolve("inside"));
        Files.delete(file);
        Files.writeString(file, "one");
        assertThat(spool.settle()).isTrue();
        assertThat(receiver(spool).run()).isEmpty();
        assertThat(delivered).containsExactly("2=two", "1=one");
    }

    @Test
    void aPartialMessageIsIgnored() throws Exception {
        Files.writeString(directory.resolve("0.a.part"), "{\"ty");
        assertThat(new AlertSpool(directory, 2).oldest()).isEmpty();
    }

    @Test
    void theNextProcessDeliversPendingAlertsInOrder() throws Exception {
        AlertSpool first = new AlertSpool(directory, 10);
        first.keep("1", "b", bytes("one"));
        first.keep("2", "a", bytes("two"));

        AlertSpool spool = new AlertSpool(directory, 10);
        assertThat(receiver(spool).run()).isEmpty();
        assertThat(delivered).containsExactly("1=one", "2=two");
        assertThat(spool.oldest()).isEmpty();
        assertSettled(directory);
    }

    @Test
    void retriesOfAFailingReceiverBackOff() throws Exception {
        AlertSpool spool = new AlertSpool(directory, 10);
        spool.keep("1", "a", bytes("one"));
        AlertReceiver courier = receiver(spool);
        up = false;

        assertThat(courier.run()).contains(Duration.ofSeconds(1));
        assertThat(courier.run()).contains(Duration.ofSeconds(2));
        assertThat(courier.run()).contains(Duration.ofSeconds(4));
        asked = Duration.ofSeconds(30);
        assertThat(courier.run()).as("it asked for that").contains(Duration.ofSeconds(30));
        asked = Duration.ofDays(1);
        assertThat(courier.run()).contains(AlertReceiver.LONGEST_PAUSE);
        assertThat(courier.run()).contains(AlertReceiver.LONGEST_PAUSE);
        up = true;
        assertThat(courier.run()).isEmpty();
        assertThat(delivered).containsExactly("1=one");
    }
}
