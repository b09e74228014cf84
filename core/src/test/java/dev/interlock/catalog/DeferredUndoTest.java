package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.graphql.UnreadableException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeferredUndoTest {

    @Test
    void itIsWorkedOutOnceAndOnlyWhenAskedFor() {
        AtomicInteger worked = new AtomicInteger();
        DeferredUndo undo = new DeferredUndo(() -> {
            worked.incrementAndGet();
            return Optional.empty();
        });
        assertThat(worked).hasValue(0);
        assertThat(undo.get()).isEmpty();
        assertThat(undo.get()).isEmpty();
        assertThat(worked).hasValue(1);
    }

    @Test
    void aWayThatCannotBeWrittenIsNone() {
        DeferredUndo undo = new DeferredUndo(() -> {
            throw new UnreadableException("It cannot be written.", "Write another.");
        });
        assertThat(undo.get()).isEmpty();
        assertThat(undo).isEqualTo(DeferredUndo.NONE);
    }
}
