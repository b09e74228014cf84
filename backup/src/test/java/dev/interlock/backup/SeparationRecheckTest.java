package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.kept.Separation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class SeparationRecheckTest {

    private static Separation at(Callable<Separation> look) throws IOException {
        return RestoreTest.separationNow(look, TimedCheck.LIMIT);
    }

    @Test
    void whatIsSeenIsSaid() throws IOException {
        assertThat(at(() -> Separation.SAME)).isEqualTo(Separation.SAME);
        assertThat(at(() -> Separation.APART)).isEqualTo(Separation.APART);
    }

    @Test
    void whatCannotBeSeenIsNotKnown() throws IOException {
        assertThat(at(() -> {
                    throw new IOException("the device is gone");
                }))
                .isEqualTo(Separation.UNKNOWN);
        assertThat(at(() -> {
                    throw new UncheckedIOException(new IOException("the device is gone"));
                }))
                .isEqualTo(Separation.UNKNOWN);
    }

    /** A file server that is down does not answer. */
    @Test
    void whatIsNeverAnsweredIsNotKnown() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(RestoreTest.separationNow(
                        () -> {
                            never.await();
                            return Separation.APART;
                        },
                        Duration.ofMillis(1)))
                .isEqualTo(Separation.UNKNOWN);
    }

    @Test
    void aMistakeOfOursIsNoAnswer() {
        assertThatThrownBy(() -> at(() -> {
                    throw new NullPointerException();
                }))
                .isInstanceOf(IllegalStateException.class);
    }
}
