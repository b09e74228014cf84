package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureDomainTest {

    @ParameterizedTest
    @CsvSource({
        "hetzner:box/1, hetzner:box/1, true",
        "hetzner:box/1/shop, hetzner:box/1, true",
        "hetzner:box/1/shop/far, hetzner:box/1, true",
        "github:repo/acme/shop, github:org/acme, true",
        "hetzner:box/11, hetzner:box/1, false",
        "hetzner:box/1, hetzner:box/1/shop, false",
        "s3:box/1/shop, hetzner:box/1, false",
        "a shelf/1, hetzner:box/a shelf, false",
        "hetzner, hetzner:box/1, false",
        "hetzner:box, hetzner:box/1, false"
    })
    void aBackupInsideALostResourceIsLost(String domain, String lost, boolean goes) {
        assertThat(FailureDomain.liesIn(domain, lost)).isEqualTo(goes);
    }
}
