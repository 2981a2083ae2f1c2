// SPDX-License-Identifier: BSL-1.0
// error: conversion
#ifdef MISUSE
int* a = 1;
int* b = 2;
#endif
int main() {}
