package dev.interlock.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.SecretForms;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which of an agent's own transcripts are copied, and what a failure leaves of them. */
class TranscriptsTest {

    @TempDir
    Path record;

    /** A file with some bytes, which then may fail. */
    private static final class FakeFile implements SeekableByteChannel {

        private final boolean fails;
        private boolean read;

        private FakeFile(boolean fails) {
            this.fails = fails;
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            if (!read) {
                read = true;
                to.put((byte) '{').put((byte) '}');
                return 2;
            }
            if (fails) {
                throw new IOException("the disk is gone");
            }
            return -1;
        }

        @Override
        public long size() {
            return 2;
        }

        @Override
        public int write(ByteBuffer from) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long position() {
            throw new UnsupportedOperationException();
        }

        @Override
        public SeekableByteChannel position(long to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SeekableByteChannel truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void aCopyThatFailsLeavesNothingAndTakesNoName() throws Exception {
        Transcripts.TranscriptCopier taking =
                new Transcripts.TranscriptCopier(SessionStore.at(record), SecretForms.of("ilk_secret"), Instant.MIN);
        taking.copy("codex", "one.jsonl", new FakeFile(false));
        assertThatThrownBy(() -> taking.copy("codex", "two.jsonl", new FakeFile(true)))
                .isInstanceOf(IOException.class);
        assertThat(record.resolve("transcript-002.jsonl")).doesNotExist();
        taking.copy("codex", "three.jsonl", new FakeFile(false));
        assertThat(taking.found().files())
                .extracting(file -> file.text("name") + " " + file.text("path"))
                .containsExactly("transcript-001.jsonl one.jsonl", "transcript-002.jsonl three.jsonl");
        for (Json.Members file : taking.found().files()) {
            assertThat(Files.readString(record.resolve(file.text("name")))).isEqualTo("{}");
        }
    }
}
