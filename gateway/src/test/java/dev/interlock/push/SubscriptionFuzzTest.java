package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Fuzzes what a browser says of its subscription: a readable one is at a known service, and is stored as it is. */
class SubscriptionFuzzTest {

    private static final PushServices SERVICES = new PushServices(List.of("push.example.com"));

    @FuzzTest(maxDuration = "45s")
    void subscription(byte[] input) {
        Subscription read;
        try {
            read = Subscription.read(new String(input, StandardCharsets.UTF_8), SERVICES);
        } catch (IllegalArgumentException _) {
            return;
        }
        assertThat(read.address().getScheme()).isEqualTo("https");
        assertThat(SERVICES.require(read.address().toString())).isEqualTo(read.address());
        assertThat(read.authBytes()).hasSize(Subscription.AUTH_BYTES);
        assertThat(read.toString()).doesNotContain(read.address().toString());
        assertThat(Subscription.of(
                                read.json().text("endpoint"),
                                read.json().text("p256dh"),
                                read.json().text("auth"),
                                SERVICES)
                        .name())
                .isEqualTo(read.name());
    }
}
