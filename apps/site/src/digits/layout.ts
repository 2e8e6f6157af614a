/** How the digits lie in their file: images of `side` × `side` bytes, with the classes 0 to 9 taking turns. */
export const layout = { file: 'digits.bin', side: 14, classes: 10, training: 4000, heldOut: 1000 } as const;
