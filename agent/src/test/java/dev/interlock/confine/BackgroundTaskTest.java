package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BackgroundTaskTest {

    @Test
    void goesOnWhileItsCallerDoesSomethingElse() throws Exception {
        CountDownLatch caller = new CountDownLatch(1);

        BackgroundTask<String> work = BackgroundTask.begin("work", () -> {
            caller.await(); // this would hang if `begin` waited for it
            return "done";
        });
        caller.countDown();

        assertThat(work.await()).isEqualTo("done");
    }

    @Test
    void whatTheWorkThrowsComesOutWhereItIsAwaited() {
        IOException full = new IOException("disk full");

        assertThatThrownBy(() -> BackgroundTask.begin("work", () -> {
                            throw full;
                        })
                        .await())
                .isSameAs(full);
        assertThatThrownBy(() -> BackgroundTask.begin("work", () -> {
                            throw new IllegalArgumentException("a slip");
                        })
                        .await())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BackgroundTask.begin("work", () -> {
                            throw new StackOverflowError();
                        })
                        .await())
                .isInstanceOf(StackOverflowError.class);
    }
}
