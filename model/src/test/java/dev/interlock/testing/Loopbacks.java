package dev.interlock.testing;

import java.net.URI;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** A table of addresses for all tests of the rule that a secret may be sent unencrypted. */
public final class Loopbacks {

    private Loopbacks() {}

    public static Stream<Arguments> table() {
        return Stream.of(
                here("http://127.0.0.1"),
                here("http://127.0.0.1:7000/base"),
                here("http://127.0.0.2"),
                here("http://127.255.255.254"),
                here("http://localhost:80"),
                here("http://LOCALHOST"),
                here("http://[::1]:7000"),
                elsewhere("http://127.0.0.1.evil.test"),
                elsewhere("http://localhost.evil.test"),
                elsewhere("http://127.evil.test"),
                elsewhere("http://10.0.0.1"),
                elsewhere("http://128.0.0.1"),
                elsewhere("http://0.0.0.0"),
                elsewhere("http://[::2]"),
                elsewhere("http://[::ffff:127.0.0.1]"),
                elsewhere("ftp://127.0.0.1"));
    }

    private static Arguments here(String address) {
        return Arguments.of(URI.create(address), true);
    }

    private static Arguments elsewhere(String address) {
        return Arguments.of(URI.create(address), false);
    }
}
