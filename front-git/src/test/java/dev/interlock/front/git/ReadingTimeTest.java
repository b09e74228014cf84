package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReadingTimeTest {

    @Test
    void readingEndsWhenItsTimeIsOver() throws Exception {
        ReadingTime enough = new ReadingTime(Duration.ofHours(1));
        enough.requireLeft();
        assertThat(enough.isCancelled()).isFalse();
        assertThatThrownBy(new ReadingTime(Duration.ofSeconds(-1))::requireLeft)
                .isInstanceOf(UnreadablePushException.class);
    }
}
