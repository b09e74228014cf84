package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests how much of the heap the messages of all sessions may take. */
final class MessageMemoryTest {

    private final MessageMemory memory = new MessageMemory();

    @Test
    void longBatchesOfManySessionsAreLimited() {
        for (long taken = 0; taken + Batch.MAX_BYTES <= MessageMemory.MOST; taken += Batch.MAX_BYTES) {
            assertThat(memory.share().take(Batch.MAX_BYTES)).isTrue();
        }
        assertThat(memory.share().take(Batch.MAX_BYTES)).isFalse();
        assertThat(memory.share().take(MessageMemory.OWN)).as("an ordinary one").isTrue();
    }

    @Test
    void manyShortMessagesCountTogether() {
        MessageMemory.Share share = memory.share();
        long taken = 0;
        while (share.take(1_000)) {
            taken += 1_000;
        }
        assertThat(taken).isBetween(MessageMemory.MOST, MessageMemory.MOST + MessageMemory.OWN);
    }

    @Test
    void anEndedBatchGivesItsRoomBack() {
        MessageMemory.Share share = memory.share();
        for (int i = 0; i < 10; i++) {
            assertThat(share.take(Batch.MAX_BYTES)).isTrue();
            assertThat(share.take(Batch.MAX_BYTES)).isTrue();
            assertThat(share.take(Batch.MAX_BYTES)).isFalse();
            share.clear();
        }
    }
}
