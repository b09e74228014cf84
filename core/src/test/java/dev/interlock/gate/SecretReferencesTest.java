package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.catalog.ResponseRedaction;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SecretReferencesTest {

    private static final String SHOWN = "interlock:secret/neon/1";

    private static HttpCall call(String path, String value, String body) {
        return new HttpCall(
                "PUT",
                "console.neon.tech",
                path,
                List.of(new HttpCall.Parameter("a", "1"), new HttpCall.Parameter("b", value)),
                List.of(new Header("accept", "*/*")),
                Bytes.utf8(body));
    }

    @Test
    void aReferenceIsFoundWhereverItStands() {
        assertThat(call("/x", "2", "{}").holds(ResponseRedaction.REFERENCE)).isFalse();
        assertThat(call("/x", "2", "").holds(ResponseRedaction.REFERENCE)).isFalse();
        assertThat(call("/x/" + SHOWN, "2", "{}").holds(ResponseRedaction.REFERENCE))
                .isTrue();
        assertThat(call("/x", SHOWN, "").holds(ResponseRedaction.REFERENCE)).isTrue();
        assertThat(call("/x", "2", "{\"password\":\"" + SHOWN + "\"}").holds(ResponseRedaction.REFERENCE))
                .isTrue();
    }
}
