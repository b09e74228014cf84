package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests targets that do not answer: a check waits for a chosen time, and no longer. */
@Timeout(300)
class TargetCheckTest {

    private static final Duration SHORT = Duration.ofMillis(1);

    @TempDir
    private Path root;

    private final CountDownLatch answers = new CountDownLatch(1);
    private final CompletableFuture<Thread> held = new CompletableFuture<>();
    private Encryption encryption;

    @BeforeEach
    void key() throws IOException {
        Encryption.newKey(root.resolve("backup.key"));
        encryption = Encryption.of(root.resolve("backup.key"));
    }

    private BackupPlanConfig plan(String name) {
        return new BackupPlanConfig(
                name,
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(Path.of("/srv"), Optional.empty()),
                new BackupTarget.Directory(root.resolve("target"), Optional.empty()),
                Duration.ofDays(1),
                Retention.USUAL,
                Optional.empty());
    }

    /** Blocks, like opening a FIFO. */
    private String held() {
        held.complete(Thread.currentThread());
        try {
            answers.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "late";
    }

    @Test
    void anUnansweredCheckTimesOut() {
        TargetCheck looks = TargetCheck.within(SHORT);
        assertThatThrownBy(() -> looks.at(plan("a"), encryption, (_, _) -> held()))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("was not checked: it does not answer")
                .hasMessageContaining("find out who can");
    }

    /** Otherwise another thread would start each minute, until there are too many. */
    @Test
    void aTargetIsNotCheckedTwiceAtOnce() throws Exception {
        TargetCheck looks = TargetCheck.within(SHORT);
        assertThatThrownBy(() -> looks.at(plan("a"), encryption, (_, _) -> held()))
                .isInstanceOf(InconclusiveException.class);
        assertThatThrownBy(() -> looks.at(plan("a"), encryption, (_, _) -> {
                    throw new AssertionError("a second one");
                }))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("has not returned yet");
        answers.countDown();
        held.get().join();
        CountDownLatch again = new CountDownLatch(1);
        try {
            looks.at(plan("a"), encryption, (_, _) -> {
                again.countDown();
                return "";
            });
        } catch (InconclusiveException e) {
            // In so short a time it may not have answered.
        }
        again.await();
    }

    @Test
    void aDelayedPlanDelaysNoOther() throws IOException {
        TargetCheck looks = TargetCheck.within(Duration.ofDays(1));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                looks.at(plan("a"), encryption, (_, _) -> held());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        held.join();
        String other = looks.at(plan("b"), encryption, (_, _) -> "at once");
        assertThat(other).isEqualTo("at once");
        answers.countDown();
    }

    /** It ends when others have checked since: its result is old. */
    @Test
    void whoComesLateIsToldThatNobodyWaits() throws Exception {
        CompletableFuture<Throwable> late = new CompletableFuture<>();
        assertThatThrownBy(() -> TargetCheck.within(SHORT).at(plan("a"), encryption, (_, steps) -> {
                    held();
                    try {
                        steps.next();
                        late.complete(new AssertionError("it went on"));
                    } catch (InconclusiveException e) {
                        late.complete(e);
                    }
                    return "";
                }))
                .isInstanceOf(InconclusiveException.class);
        answers.countDown();
        assertThat(late.get()).hasMessageContaining("this check was abandoned");
    }

    /** A user who may write to a directory can put any amount of data there. */
    @Test
    void anEndlessReadTimesOut() {
        assertThatThrownBy(() -> TargetCheck.periodic(SHORT).at(plan("a"), encryption, (_, steps) -> {
                    while (true) {
                        steps.read();
                    }
                }))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("does not answer");
    }

    /** A signal does this: nobody waits any more for the started check. */
    @Test
    void anInterruptedCheckEnds() throws Exception {
        CompletableFuture<Throwable> late = new CompletableFuture<>();
        CompletableFuture<Throwable> said = new CompletableFuture<>();
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                TargetCheck.once().at(plan("a"), encryption, (_, steps) -> {
                    held();
                    try {
                        steps.next();
                        late.complete(new AssertionError("it went on"));
                    } catch (InconclusiveException e) {
                        late.complete(e);
                    }
                    return "";
                });
            } catch (IOException e) {
                said.complete(e);
            }
        });
        held.join();
        waiting.interrupt();
        assertThat(said.get()).hasMessage("interrupted");
        answers.countDown();
        assertThat(late.get()).hasMessageContaining("this check was abandoned");
    }

    /** A bucket and a program have no leases and no pipes. */
    @Test
    void whyIsSaidOfWhatItIs() {
        BackupPlanConfig far = new BackupPlanConfig(
                "a",
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(Path.of("/srv"), Optional.empty()),
                new BackupTarget.Exec(new UserProgram(List.of("/usr/bin/true"), Map.of())),
                Duration.ofDays(1),
                Retention.USUAL,
                Optional.empty());
        assertThatThrownBy(() -> TargetCheck.within(SHORT).at(far, encryption, (_, _) -> held()))
                .hasMessageContaining("does not answer")
                .hasMessageContaining("can be reached")
                .hasMessageNotContaining("lease");
        answers.countDown();
    }

    @Test
    void whatIsWrongWithATargetIsSaidAsItIs() {
        for (Exception wrong : List.of(new IOException("broken"), new IllegalArgumentException("broken"))) {
            assertThatThrownBy(() -> TargetCheck.once().at(plan("a"), encryption, (_, _) -> {
                        if (wrong instanceof IOException e) {
                            throw e;
                        }
                        throw (RuntimeException) wrong;
                    }))
                    .isSameAs(wrong);
        }
    }
}
