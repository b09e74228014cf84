package dev.interlock.front.http;

/** The end of an upstream's answer, as far as the gateway has seen it. */
enum AnswerEnd {
    /** It has not ended yet. */
    OPEN,
    /** All of it has come. */
    COMPLETE,
    /** The upstream ended it short of its length or without its last chunk, broke off, or was silent for too long. */
    BROKEN,
    /** The upstream closed the connection, which alone marks the end. Nobody can say whether anything is missing. */
    UNDELIMITED,
    /** The gateway stopped reading: the agent left, the call was cut off, or the rest was withheld. */
    UNREAD
}
