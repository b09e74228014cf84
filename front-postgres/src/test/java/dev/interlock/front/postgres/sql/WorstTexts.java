package dev.interlock.front.postgres.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A program that reads texts which take the most memory for their length, several at once. */
final class WorstTexts {

    /** What the rest of the gateway has in its heap, in bytes. */
    private static final int OTHERS = 64 << 20;

    private static final int SESSIONS = 8;

    private WorstTexts() {}

    public static void main(String[] args) throws Exception {
        byte[] others = new byte[OTHERS];
        SqlReader reader = new SqlReader();
        List<String> texts = new ArrayList<>(texts(1 << 17));
        texts.add(repeated("INSERT INTO a VALUES (1)", ",(1)", "", SqlReader.MAX_TEXT));
        texts.add(repeated("", "END;", "", SqlReader.MAX_TEXT));
        List<Future<Boolean>> all = new ArrayList<>();
        try (ExecutorService sessions = Executors.newFixedThreadPool(SESSIONS)) {
            for (String text : texts) {
                all.add(sessions.submit(() -> reader.read(text) instanceof SqlReading.ReadText));
                all.add(sessions.submit(() -> reader.shown(text).isEmpty()));
            }
        }
        int read = 0;
        for (Future<Boolean> each : all) {
            read += each.get() ? 1 : 0;
        }
        boolean isAlive = reader.read("SELECT 2") instanceof SqlReading.ReadText;
        System.out.println(all.size() + " answered, " + (read > 0 ? "some" : "none") + " read, "
                + (isAlive && others.length == OTHERS ? "alive" : "broken"));
    }

    private static List<String> texts(int length) {
        return List.of(
                repeated("SELECT 1", ",1", "", length),
                repeated("", "END;", "", length),
                repeated("INSERT INTO a VALUES (1)", ",(1)", "", length),
                repeated("SELECT 1 FROM a", ",a", "", length),
                repeated("SELECT 1", "+1", "", length),
                repeated("SELECT 1 WHERE a", " AND a", "", length),
                repeated("SELECT a", ".a", "", length),
                repeated("SELECT ", "(", "", length),
                repeated("SELECT ARRAY[[]", ",[]", "]", length),
                repeated("", "DO 'BEGIN END';", "", length),
                repeated("DO $$ BEGIN ", "a:=1;", " END $$", length),
                repeated("DO $$ DECLARE ", "a b.c;", " BEGIN END $$", length),
                manyTypes(length),
                repeated("SELECT '", "x", "'", length));
    }

    private static String repeated(String begin, String each, String end, int length) {
        return begin + each.repeat((length - begin.length() - end.length()) / each.length()) + end;
    }

    /** Each statement of a body has the types of all its variables. */
    private static String manyTypes(int length) {
        StringBuilder text = new StringBuilder("DO $$ DECLARE ");
        for (int i = 0; text.length() < length / 2; i++) {
            text.append('a').append(i).append(" t").append(i).append(';');
        }
        text.append(" BEGIN ");
        for (int i = 0; text.length() < length - 20; i++) {
            text.append("a0:=").append(i).append(';');
        }
        return text + " END $$";
    }
}
