package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

final class BytesTest {

    private static final byte[] VALUE = {1, 2, 3};

    @Test
    void nobodyWhoGetsThemCanChangeThem() {
        Bytes bytes = Bytes.of(VALUE);
        bytes.toArray()[0] = 9;
        ByteBuffer view = bytes.view();
        assertThat(view.hasArray()).isFalse();
        assertThatThrownBy(() -> view.put(0, (byte) 9)).isInstanceOf(ReadOnlyBufferException.class);
        assertThat(bytes).isEqualTo(Bytes.of(VALUE));
    }

    @Test
    void aViewAndAWriterGetAllOfThem() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.owning(VALUE.clone()).writeTo(out);
        assertThat(out.toByteArray()).containsExactly(VALUE);
        assertThat(Bytes.of(VALUE).view()).isEqualTo(ByteBuffer.wrap(VALUE));
    }
}
