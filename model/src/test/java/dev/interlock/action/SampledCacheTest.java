package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SampledCacheTest {

    private static final int MOST = 64;

    private final SampledCache<Object, Integer> cache = new SampledCache<>(MOST);

    /** A key whose hash is that of all others. */
    private record Colliding(int number) {
        @Override
        public int hashCode() {
            return 7;
        }
    }

    @Test
    void findsTheLatestValueOfAnEqualKeyOnly() {
        assertThat(cache.get("a")).isEmpty();
        cache.put("a", 1);
        cache.put("a", 2);
        cache.put(new Colliding(1), 3);
        assertThat(cache.get("a")).contains(2);
        assertThat(cache.get(new Colliding(1))).contains(3);
        assertThat(cache.get(new Colliding(2))).isEmpty();
        assertThat(cache.size()).isEqualTo(2);
    }

    @Test
    void whatIsOfferedOnceIsNotKept() {
        SampledCache<String, String> cache = new SampledCache<>(8);
        cache.offer("key", () -> "value");
        assertThat(cache.get("key")).isEmpty();
        cache.offer("key", () -> "value");
        assertThat(cache.get("key")).contains("value");
    }

    @Test
    void neverHoldsMoreThanItsMaximum() {
        for (int i = 0; i < 100 * MOST; i++) {
            cache.put("key " + i, i);
            assertThat(cache.get("key " + i)).contains(i);
        }
        assertThat(cache.size()).isEqualTo(MOST);
    }

    @Test
    void keysOfOneHashReplaceOnlyEachOther() {
        cache.put("kept", 1);
        for (int i = 0; i < 1_000; i++) {
            cache.put(new Colliding(i), i);
        }
        assertThat(cache.size()).isLessThanOrEqualTo(9);
        assertThat(cache.get("kept")).contains(1);
    }

    /** A cache that forgets the entry unused longest finds none of these keys after the first time. */
    @Test
    void keysThatComeInTurnAreStillFound() {
        int found = 0;
        for (int turn = 0; turn < 50; turn++) {
            for (int i = 0; i < 2 * MOST; i++) {
                Object key = "key " + i;
                if (cache.get(key).isPresent()) {
                    found++;
                } else {
                    cache.put(key, i);
                }
            }
        }
        assertThat(found).isGreaterThan(50 * 2 * MOST / 20);
    }

    @Test
    void threadsFindOnlyWhatBelongsToTheirKey() throws Exception {
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 50_000; i++) {
                    int number = i * 31 % 200;
                    int value = cache.get("key " + number).orElse(number);
                    if (value != number) {
                        synchronized (failures) {
                            failures.add(new AssertionError("key " + number + " has " + value));
                        }
                    }
                    cache.put("key " + number, number);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
