package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests which files get which owner back. */
class OwnershipTest {

    private static final int SOMEBODY = 61_240;

    @Test
    void whoIsNotRootGetsNoProgramThatRunsAsThem() {
        Ownership owner = new Ownership(06755, SOMEBODY, SOMEBODY);
        assertThat(owner.mode(true)).isEqualTo(06755);
        assertThat(owner.mode(false)).isEqualTo(0755);
        assertThat(owner.isGivenBackAs(new Ownership(0755, 0, 0), false)).isTrue();
        assertThat(owner.isGivenBackAs(new Ownership(0777, 0, 0), false)).isFalse();
        assertThat(owner.isGivenBackAs(new Ownership(0755, SOMEBODY, SOMEBODY), true))
                .isFalse();
        assertThat(owner.isGivenBackAs(new Ownership(06755, 0, SOMEBODY), true)).isFalse();
        assertThat(owner.isGivenBackAs(new Ownership(06755, SOMEBODY, SOMEBODY), true))
                .isTrue();
    }
}
