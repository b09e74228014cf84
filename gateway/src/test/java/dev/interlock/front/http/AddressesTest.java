package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A name of the seal may lead into a private network, and never to what only this machine reaches. */
final class AddressesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "0.0.0.0",
                "224.0.0.1",
                "100.100.100.200",
                "168.63.129.16",
                "fe80::1",
                "::",
                "ff02::1",
                "fd00:ec2::254",
                "::ffff:169.254.169.254"
            })
    void aNameDoesNotLeadThere(String address) throws Exception {
        InetAddress there = InetAddress.getByName(address);
        assertThatThrownBy(() -> Addresses.admitted("api.example.com", there)).isInstanceOf(UnknownHostException.class);
        InetAddress good = InetAddress.getByName("203.0.113.7");
        assertThat(Addresses.admitted("api.example.com", there, good)).containsExactly(good);
    }

    @Test
    void aPrivateNetworkIsTheSealsAffair() throws Exception {
        for (String address : new String[] {"10.1.2.3", "192.168.0.1", "fd12::1", "203.0.113.7"}) {
            InetAddress there = InetAddress.getByName(address);
            assertThat(Addresses.admitted("git.corp.example", there)).containsExactly(there);
        }
    }

    @Test
    void anAddressThatTheSealSpellsOutIsMeant() throws Exception {
        assertThat(Addresses.of("169.254.169.254")).hasSize(1);
        assertThat(Addresses.of("[fe80::1]")).hasSize(1);
        assertThat(Addresses.of("localhost")).isNotEmpty();
    }
}
