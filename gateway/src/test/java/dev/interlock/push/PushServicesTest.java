package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushServicesTest {

    private final PushServices services = new PushServices(List.of("push.example.com", "localhost:8443"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://fcm.googleapis.com/fcm/send/secret",
                "https://FCM.googleapis.com/wp/secret",
                "https://updates.push.services.mozilla.com/wpush/v2/secret",
                "https://web.push.apple.com/secret",
                "https://wns2-by3p.notify.windows.com/w/?token=secret",
                "https://push.example.com/secret",
                "https://push.example.com:443/secret",
                "https://localhost:8443/secret"
            })
    void browsersServicesAndOwnOnesAreCalled(String address) {
        assertThat(services.require(address)).hasToString(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://fcm.googleapis.com/secret",
                "https://fcm.googleapis.com:8443/secret",
                "https://fcm.googleapis.com.evil.example/secret",
                "https://evil.fcm.googleapis.com/secret",
                "https://evilpush.apple.com.example/secret",
                "https://xpush.apple.com/secret",
                "https://push.apple.com/secret",
                "https://notify.windows.com/secret",
                "https://a@web.push.apple.com/secret",
                "https://web.push.apple.com@127.0.0.1/secret",
                "https://web.push.apple.com/secret#x",
                "https://127.0.0.1/secret",
                "https://[::1]/secret",
                "https://localhost/secret",
                "https://localhost:8444/secret",
                "https://169.254.169.254/secret",
                "https://push.example.com:8443/secret",
                "https://fcm.googleapis.com./secret",
                "https:/secret",
                "file:///secret",
                "secret",
                "",
                "https://fcm.googleapis.com\\@127.0.0.1/secret",
                "https://fcm.googleapis.com/se cret"
            })
    void noOtherServerIsCalledAndTheAddressIsNotRepeated(String address) {
        assertThatThrownBy(() -> services.require(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .message()
                .doesNotContain("secret");
    }

    @Test
    void anAddressHasALimit() {
        String address = "https://fcm.googleapis.com/" + "x".repeat(PushServices.MAX_ADDRESS);
        assertThatThrownBy(() -> services.require(address)).isInstanceOf(IllegalArgumentException.class);
    }
}
