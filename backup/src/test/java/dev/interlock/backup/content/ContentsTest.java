package dev.interlock.backup.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests which differences are faults of a copy. */
class ContentsTest {

    private static final Map<String, Contents.Part> TABLES =
            Map.of("orders", new Contents.Part(100, "aa"), "people", new Contents.Part(10, "bb"));

    private static final Contents SHOP = shop(TABLES);

    private static Contents shop(Map<String, Contents.Part> tables) {
        return new Contents(
                Contents.Kind.TABLES, tables, Map.of("index i", ""), Map.of("ids", BigDecimal.valueOf(100)));
    }

    private static Contents with(String table, Contents.Part part) {
        Map<String, Contents.Part> all = new HashMap<>(TABLES);
        all.put(table, part);
        return shop(all);
    }

    private static Contents without(String table) {
        Map<String, Contents.Part> all = new HashMap<>(TABLES);
        all.remove(table);
        return shop(all);
    }

    private static Contents.Comparison judged(Contents restored, Contents.Moment moment, Contents now) {
        return SHOP.compare(restored, moment, () -> now);
    }

    @Test
    void whatIsEqualIsNotCountedAgain() {
        for (Contents.Moment moment : Contents.Moment.values()) {
            Contents.Comparison found = SHOP.compare(SHOP, moment, () -> {
                throw new AssertionError("counted again");
            });
            assertThat(found).isEqualTo(new Contents.Comparison(List.of(), 0));
        }
    }

    @Test
    void aCopyOfThatMomentMustBeEqual() {
        Contents later = with("orders", new Contents.Part(101, "cc"));
        assertThat(judged(later, Contents.Moment.EXACT, later).wrong())
                .containsExactly("`orders` has 101 rows, and had 100 rows");
        assertThat(judged(without("people"), Contents.Moment.EXACT, SHOP).wrong())
                .containsExactly("`people` is missing, with 10 rows");
        assertThat(judged(with("more", new Contents.Part(1, "dd")), Contents.Moment.EXACT, SHOP)
                        .wrong())
                .containsExactly("there is `more`, which the source does not have");
        assertThat(judged(with("orders", new Contents.Part(100, "cc")), Contents.Moment.EXACT, SHOP)
                        .wrong())
                .containsExactly("the content of `orders` differs");
    }

    /** It may have what the source had before or after; and anything where the source itself has changed. */
    @Test
    void aCopyBetweenTwoCountsHasOneOrTheOther() {
        Contents now = with("orders", new Contents.Part(120, "cc"));
        assertThat(judged(now, Contents.Moment.BETWEEN, now)).isEqualTo(new Contents.Comparison(List.of(), 0));
        Contents between = with("orders", new Contents.Part(110, "dd"));
        assertThat(judged(between, Contents.Moment.BETWEEN, now)).isEqualTo(new Contents.Comparison(List.of(), 1));
        assertThat(judged(between, Contents.Moment.BETWEEN, SHOP).wrong())
                .as("the source has not changed")
                .containsExactly("`orders` has 110 rows, and had 100 rows");
    }

    @Test
    void anEarlierCopyMayDifferButNotByHalf() {
        Contents earlier = with("orders", new Contents.Part(60, "dd"));
        assertThat(judged(earlier, Contents.Moment.EARLIER, SHOP)).isEqualTo(new Contents.Comparison(List.of(), 1));
        assertThat(judged(with("orders", new Contents.Part(40, "dd")), Contents.Moment.EARLIER, SHOP)
                        .wrong())
                .containsExactly("it has less than half of what its source has");
    }

    @Test
    void anEmptyCopyIsWorthless() {
        Contents empty = shop(Map.of("orders", new Contents.Part(0, "0")));
        assertThat(empty.compare(empty, Contents.Moment.EXACT, () -> empty).wrong())
                .containsExactly("it is empty: no table has a row");
    }

    @Test
    void aSequenceMustNotGoBack() {
        Contents back = new Contents(
                Contents.Kind.TABLES, TABLES, Map.of("index i", ""), Map.of("ids", BigDecimal.valueOf(99)));
        assertThat(judged(back, Contents.Moment.EXACT, SHOP).wrong())
                .containsExactly("the sequence `ids` would give numbers a second time");
        assertThat(judged(back, Contents.Moment.EARLIER, SHOP).wrong()).isEmpty();
    }
}
